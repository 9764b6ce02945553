// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Hop, Loan, Venue } from "../../contracts/interfaces/IFlashArbitrage.sol";
import { Token } from "../support/contracts/Tokens.sol";
import { ExecutorTest } from "./Executor.sol";

/// @notice The part of Ramses' router that the tests use.
interface ISolidlyMarket {
    struct Route {
        address from;
        address to;
        bool stable;
    }

    function addLiquidity(
        address tokenA,
        address tokenB,
        bool stable,
        uint256 amountADesired,
        uint256 amountBDesired,
        uint256 amountAMin,
        uint256 amountBMin,
        address to,
        uint256 deadline
    ) external returns (uint256 amountA, uint256 amountB, uint256 liquidity);

    function getAmountsOut(uint256 amountIn, Route[] calldata routes) external view returns (uint256[] memory amounts);
}

/// @notice Routes through the localnet's Solidly router and pairs, in random states, with every lender.
contract SolidlyRoutesTest is ExecutorTest {
    ISolidlyMarket private _market;

    function setUp() public override {
        super.setUp();
        address factory = _deploy("SolidlyFactory.sol:SolidlyFactory", abi.encode(address(this)));
        address router = _deploy("SolidlyRouter.sol:SolidlyRouter", abi.encode(factory, address(weth)));
        _market = ISolidlyMarket(router);
        spenders.push(router);
    }

    /// @dev A → B in the volatile pair, B → A in the stable one: the treasury gets what the router's quotes say, to the
    /// wei, or the order reverts with the loss that they say.
    function testFuzz_TreasuryReceivesWhatTheRouterQuotes(uint256 seed) external {
        Random memory random = Random(seed);
        (address a, address b) = (tokens[1], tokens[2]);
        uint256 reserve = 1e18 + _draw(random, 1e26);
        // The volatile pair gives 0.9 to 1.3 B for an A, the stable one about one.
        _open(a, b, false, reserve, (reserve * (900 + _draw(random, 400))) / 1000);
        _open(a, b, true, reserve, reserve);
        Loan memory loan = _loanOf(random, a, 1e12 + _draw(random, reserve / 8));
        Hop[] memory hops = new Hop[](2);
        hops[0] = Hop(uint8(Venue.Solidly), address(_market), b, 0, abi.encode(false));
        hops[1] = Hop(uint8(Venue.Solidly), address(_market), a, 0, abi.encode(true));

        ISolidlyMarket.Route[] memory routes = new ISolidlyMarket.Route[](2);
        routes[0] = ISolidlyMarket.Route(a, b, false);
        routes[1] = ISolidlyMarket.Route(b, a, true);
        uint256 delivered = _market.getAmountsOut(loan.amount, routes)[2];
        int256 profit = int256(delivered) - int256(loan.amount) - int256(_feeOf(loan));
        _requireOutcome(loan, hops, profit);
    }

    /// @dev A → B in both pairs at once, B → A at a fixed rate: the treasury gets what the router quotes for each share.
    function testFuzz_SplitPaysWhatTheRouterQuotes(uint256 seed, uint256 share) external {
        Random memory random = Random(seed);
        (address a, address b) = (tokens[1], tokens[2]);
        uint256 reserve = 1e18 + _draw(random, 1e26);
        _open(a, b, false, reserve, reserve);
        _open(a, b, true, reserve, reserve);
        Loan memory loan = _loanOf(random, a, reserve / 1e4 + _draw(random, reserve / 8));
        // Not too small: a stable pair can refuse what its router quotes, by the rounding of its invariant.
        share = loan.amount / 10 + (share % (loan.amount / 2));
        bool stable = _draw(random, 2) == 0;
        Hop[] memory hops = new Hop[](3);
        hops[0] = Hop(uint8(Venue.Solidly), address(_market), b, share, abi.encode(stable));
        hops[1] = Hop(uint8(Venue.Solidly), address(_market), b, 0, abi.encode(!stable));
        hops[2] = _hop(random, _drawVenue(random, loan), b, a);
        _setRateE18(venue, b, a, 1.3e18);

        ISolidlyMarket.Route[] memory routes = new ISolidlyMarket.Route[](1);
        routes[0] = ISolidlyMarket.Route(a, b, stable);
        uint256 bought = _market.getAmountsOut(share, routes)[1];
        routes[0].stable = !stable;
        bought += _market.getAmountsOut(loan.amount - share, routes)[1];
        _requireProfit(loan, hops, venue.quote(b, a, bought) - loan.amount - _feeOf(loan));
    }

    function _open(address a, address b, bool stable, uint256 amountA, uint256 amountB) private {
        Token(a).mint(address(this), amountA);
        Token(b).mint(address(this), amountB);
        Token(a).approve(address(_market), amountA);
        Token(b).approve(address(_market), amountB);
        _market.addLiquidity(a, b, stable, amountA, amountB, 0, 0, address(this), block.timestamp);
    }
}
