// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IDodoPool } from "../../contracts/interfaces/IDodo.sol";
import { Hop, Loan, Venue } from "../../contracts/interfaces/IFlashArbitrage.sol";
import { VenueAtFixedRate } from "../support/contracts/Venues.sol";
import { ExecutorTest } from "./Executor.sol";

/// @title PoolHopsTest
/// @notice Routes whose hops go through routers or straight through pools, with and without a limit of the pool's price.
abstract contract PoolHopsTest is ExecutorTest {
    function _drawHop(
        Random memory random,
        Loan memory loan,
        address tokenIn,
        address tokenOut
    ) internal view override returns (Hop memory) {
        if (_draw(random, 3) == 0) return super._drawHop(random, loan, tokenIn, tokenOut);
        return _poolHop(random, tokenIn, tokenOut);
    }

    /// @dev Returns a hop straight through the pool of two tokens, without a limit.
    function _poolHop(Random memory random, address tokenIn, address tokenOut) internal view returns (Hop memory) {
        VenueAtFixedRate pool = pools[tokenIn][tokenOut];
        // Balancer's pools are reached through its vault only.
        Venue pattern = Venue.Balancer;
        while (pattern == Venue.Balancer) pattern = Venue(_draw(random, VENUES));
        bytes memory data;
        if (pattern == Venue.UniswapV2) data = abi.encodePacked(uint24(pool.feePpm()), uint160(0));
        else if (pattern == Venue.Dodo) {
            data = abi.encodePacked(
                tokenIn == pool.token0() ? IDodoPool.sellBase.selector : IDodoPool.sellQuote.selector
            );
        } else if (pattern != Venue.WooFi) data = abi.encodePacked(uint160(0));
        return Hop(uint8(pattern), address(pool), tokenOut, 0, data);
    }

    /* PRICE LIMITS */

    /// @dev Gives half of the hops that can carry one a limit that the price of their pool keeps, half of those just so.
    function _drawLimits(Random memory random, Loan memory loan, Hop[] memory hops) internal view {
        for (uint256 i = 0; i < hops.length; ++i) {
            if (!_carriesLimit(hops[i]) || _draw(random, 2) == 0) continue;
            (uint256 price, bool isLeast) = _price(hops[i], _tokenIn(loan, hops, i));
            uint256 room = _draw(random, 2) == 0 ? 0 : _draw(random, price);
            _setLimit(hops[i], isLeast ? price - room : price + room);
        }
    }

    function _carriesLimit(Hop memory hop) internal pure returns (bool) {
        return hop.data.length == 20 || hop.data.length == 23;
    }

    function _setLimit(Hop memory hop, uint256 limit) internal pure {
        hop.data =
            _isUniswapV2(hop) ? abi.encodePacked(bytes3(hop.data), uint160(limit)) : abi.encodePacked(uint160(limit));
    }

    /// @dev Returns the price of a hop's pool in the number of its venue, and whether a limit is the least that it may be, or
    /// the most.
    function _price(Hop memory hop, address tokenIn) internal view returns (uint256 price, bool isLeast) {
        if (!_isPair(hop)) return (VenueAtFixedRate(payable(hop.target)).slot0(), tokenIn < hop.tokenOut);
        (uint256 reserveIn, uint256 reserveOut) = _reserves(hop.target, tokenIn);
        return ((reserveOut << 80) / reserveIn, true);
    }

    function _isUniswapV2(Hop memory hop) private pure returns (bool) {
        return hop.venue == uint8(Venue.UniswapV2);
    }

    /* HANDING ON */

    /// @dev Requires that every target of a route was told to pay whoever takes its output: the next pool, or the contract.
    function _requireHandedOn(Hop[] memory hops) internal view {
        for (uint256 i = 0; i < hops.length; ++i) {
            uint256 swaps = 0;
            for (uint256 j = 0; j < i; ++j) if (hops[j].target == hops[i].target) ++swaps;
            address recipient = VenueAtFixedRate(payable(hops[i].target)).recipients(swaps);
            require(
                recipient == (_handsOn(hops, i) ? hops[i + 1].target : address(flash)),
                "pays who takes the output"
            );
        }
    }

    /// @dev Returns whether the output of a hop, all of it, is all that the next hop takes of what was sent to its target.
    function _handsOn(Hop[] memory hops, uint256 index) internal view returns (bool) {
        bool isShare = hops[index].amountIn != 0 || (index > 0 && hops[index - 1].amountIn != 0);
        if (isShare || index == hops.length - 1) return false;
        Hop memory next = hops[index + 1];
        // A router pays its caller, but for Balancer's vault. A pool does not pay itself.
        bool paysCaller = hops[index].target == address(venue) && hops[index].venue != uint8(Venue.Balancer);
        return !paysCaller && next.amountIn == 0 && next.target != hops[index].target && _takesSent(next);
    }

    function _takesSent(Hop memory hop) private pure returns (bool) {
        if (hop.venue == uint8(Venue.WooFi)) return hop.data.length == 0;
        return _isPair(hop) || (hop.venue == uint8(Venue.Dodo) && hop.data.length == 4);
    }
}
