// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Hop, IFlashArbitrage, Loan } from "../../contracts/interfaces/IFlashArbitrage.sol";
import { vm } from "./Cheatcodes.sol";
import { PoolHopsTest } from "./PoolHops.sol";

/// @notice Random routes over all seven patterns, through routers and straight through pools, split and not, with every
/// lender, at random rates.
contract ExecutionTest is PoolHopsTest {
    /// @dev Sets rates from 0.9 to 1.2, so that about as many routes lose as earn, and limits that the prices keep.
    function _drawMarket(Random memory random, Loan memory loan, Hop[] memory hops) private {
        for (uint256 i = 0; i < hops.length; ++i) {
            _setRateE18(venue, _tokenIn(loan, hops, i), hops[i].tokenOut, 0.9e18 + _draw(random, 0.3e18));
        }
        _drawLimits(random, loan, hops);
    }

    function testFuzz_TreasuryReceivesExactlyWhatTheRouteEarned(uint256 seed) external {
        Random memory random = Random(seed);
        Loan memory loan = _loan(random);
        Hop[] memory hops = _route(random, loan);
        _drawMarket(random, loan, hops);
        int256 profit = _profitOf(loan, hops);
        uint256 lenderBefore = _balance(loan.token, _lenderOf(loan));

        _requireOutcome(loan, hops, profit);
        if (profit <= 0) return;
        uint256 lenderGain = _balance(loan.token, _lenderOf(loan)) - lenderBefore;
        require(lenderGain == _feeOf(loan), "the lender gets its fee and nothing else");
        _requireHandedOn(hops);
    }

    /// @dev Whatever the hops before and after are, and however much they would earn.
    function testFuzz_RevertWhen_PriceIsBeyondLimit(uint256 seed) external {
        Random memory random = Random(seed);
        Loan memory loan = _loan(random);
        Hop[] memory hops = _route(random, loan);
        uint256 index = _draw(random, hops.length);
        address tokenIn = _tokenIn(loan, hops, index);
        (address tokenOut, uint256 amountIn) = (hops[index].tokenOut, hops[index].amountIn);
        do hops[index] = _poolHop(random, tokenIn, tokenOut); while (!_carriesLimit(hops[index]));
        hops[index].amountIn = amountIn;
        _drawMarket(random, loan, hops);

        (uint256 price, bool isLeast) = _price(hops[index], tokenIn);
        uint256 beyond = _draw(random, 2) == 0 ? 1 : 1 + _draw(random, price - 1);
        uint256 limit = isLeast ? price + beyond : price - beyond;
        // Zero is none.
        vm.assume(limit != 0);
        _setLimit(hops[index], limit);
        bytes4 beyondLimit = IFlashArbitrage.PriceBeyondLimit.selector;
        _requireRevert(loan, hops, abi.encodeWithSelector(beyondLimit, index, price, limit));
    }

    function testFuzz_RevertWhen_ProfitIsBelowMinimum(uint256 seed, uint256 above) external {
        Random memory random = Random(seed);
        Loan memory loan = _loan(random);
        Hop[] memory hops = _earningRoute(random, loan);
        uint256 profit = _flow(loan, hops).delivered - loan.amount - _feeOf(loan);
        uint256 minProfit = profit + 1 + (above % (type(uint256).max - profit));

        (bool success, bytes memory answer) = _execute(loan, hops, minProfit);
        bytes4 insufficient = IFlashArbitrage.InsufficientProfit.selector;
        bytes memory expected = abi.encodeWithSelector(insufficient, int256(profit), minProfit);
        require(!success && keccak256(answer) == keccak256(expected), "says the profit and the minimum");
        _requireNothingLeft();
    }

    function testFuzz_OneUnitIsAProfit(uint256 seed) external {
        Random memory random = Random(seed);
        // No more than 1e18: a rate of 18 decimals hits the unit.
        Loan memory loan = _loanOf(random, tokens[_draw(random, tokens.length)], 1e12 + _draw(random, 1e17));
        address other = loan.token == tokens[1] ? tokens[2] : tokens[1];
        Hop[] memory hops = new Hop[](2);
        hops[0] = _hop(random, _drawVenue(random, loan), loan.token, other);
        hops[1] = _hop(random, _drawVenue(random, loan), other, loan.token);
        uint256 wanted = loan.amount + _feeOf(loan) + 1;
        _setRateE18(venue, other, loan.token, (wanted * 1e18 + loan.amount - 1) / loan.amount);
        _requireProfit(loan, hops, 1);
    }

    /// @dev What lies in the contract is neither spent by a route nor counted as its profit.
    function testFuzz_DonationsAreNoProfit(uint256 seed, uint96 donation) external {
        Random memory random = Random(seed);
        Loan memory loan = _loan(random);
        Hop[] memory hops = _earningRoute(random, loan);
        uint256 profit = _flow(loan, hops).delivered - loan.amount - _feeOf(loan);
        for (uint256 i = 0; i < tokens.length; ++i) _fund(tokens[i], address(flash), donation);
        _giveEther(address(flash), donation);

        uint256 treasuryBefore = _balance(loan.token, TREASURY);
        (bool success, ) = _execute(loan, hops, profit);
        require(success, "executes");
        require(_balance(loan.token, TREASURY) - treasuryBefore == profit, "pays the profit and no donation");
        require(address(flash).balance == donation, "keeps the ether for the treasury");
        for (uint256 i = 0; i < tokens.length; ++i) {
            require(_balance(tokens[i], address(flash)) == donation, "keeps the tokens for the treasury");
        }
        _requireNoAllowance();

        for (uint256 i = 0; i < hops.length; ++i) _setRateE18(venue, _tokenIn(loan, hops, i), hops[i].tokenOut, 1e18);
        (success, ) = _execute(loan, hops, 0);
        require(!success, "does not make up for a loss");
    }
}
