// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Hop, IFlashArbitrage, Loan } from "../../contracts/interfaces/IFlashArbitrage.sol";
import { ExecutorTest } from "./Executor.sol";

/// @notice Random routes over all seven patterns, split and not, with every lender, at random rates.
contract ExecutionTest is ExecutorTest {
    /// @dev Quotes the route at rates from 0.9 to 1.2, so that about as many lose as earn.
    function _drawMarket(Random memory random, Loan memory loan, Hop[] memory hops) private returns (int256 profit) {
        for (uint256 i = 0; i < hops.length; ++i) {
            _setRateE18(venue, _tokenIn(loan, hops, i), hops[i].tokenOut, 0.9e18 + _draw(random, 0.3e18));
        }
        return int256(_flow(loan, hops).delivered) - int256(loan.amount) - int256(_feeOf(loan));
    }

    function testFuzz_TreasuryReceivesExactlyWhatTheRouteEarned(uint256 seed) external {
        Random memory random = Random(seed);
        Loan memory loan = _loan(random);
        Hop[] memory hops = _route(random, loan);
        int256 profit = _drawMarket(random, loan, hops);
        uint256 lenderBefore = _balance(loan.token, _lenderOf(loan));

        if (profit <= 0) {
            bytes4 insufficient = IFlashArbitrage.InsufficientProfit.selector;
            _requireRevert(loan, hops, abi.encodeWithSelector(insufficient, profit, uint256(0)));
        } else {
            _requireProfit(loan, hops, uint256(profit));
            uint256 lenderGain = _balance(loan.token, _lenderOf(loan)) - lenderBefore;
            require(lenderGain == _feeOf(loan), "the lender gets its fee and nothing else");
        }
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

        _setRateE18(venue, _tokenIn(loan, hops, hops.length - 1), loan.token, 1e18);
        (success, ) = _execute(loan, hops, 0);
        require(!success, "does not make up for a loss");
    }
}
